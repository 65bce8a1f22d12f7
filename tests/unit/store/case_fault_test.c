/* SPDX-License-Identifier: Apache-2.0
 *
 * Every read, write and open of SQLite's fails in turn, once and from then on: the store says so, what was committed stays, and
 * the same work once more ends in a whole case with everything in it, once.
 */
#include "case_plant.h"
#include "fault_vfs.h"

static enum fault_kind failing;
static unsigned long met, fails_at; /* 0: none */
static bool from_then_on, hit;

static int asked(enum fault_kind kind)
{
    bool fails = kind == failing && fails_at && (++met == fails_at || (from_then_on && met > fails_at));

    hit |= fails;
    return fails;
}

__attribute__((constructor)) static void install(void)
{
    struct sp_case *c;

    fault_vfs_install(asked);
    (void)sp_case_open("/nonexistent/x", SP_CASE_READ, NULL, &c, NULL); /* memory first */
}

/* Two transactions; how many sightings were committed comes back. */
static int work(unsigned *committed)
{
    static const struct planted what[] = { { "acme", "b", "one", "r1", "pc1", 7, 100 }, { "acme", "c", "two", "r1", "pc1", 8, 101 },
                                           { "acme", "b", "three", "r2", "pc1", 9, 102 }, { "acme", "a", "one", "r1", "pc1", 7, 100 } };
    struct sp_case *c = NULL;
    int64_t run;
    bool fresh;
    int rc = sp_case_open(at("fault.case"), SP_CASE_CREATE, NULL, &c, &err);

    *committed = 0;
    for (int t = 0; rc == 0 && t < 2; t++) {
        rc = sp_case_begin(c, &err);
        if (rc == 0 && t == 0)
            rc = try_run(c, &run);
        for (int i = 0; rc == 0 && i < 2; i++)
            rc = try_plant(c, 1, &what[2 * t + i], &fresh);
        if (rc == 0)
            rc = sp_case_commit(c, &err);
        else
            sp_case_rollback(c);
        *committed += rc == 0 ? 2 : 0;
    }
    sp_case_close(c);
    return rc;
}

static void whole(unsigned long number, unsigned least)
{
    struct sp_case *c = NULL;
    unsigned findings = 0;
    uint64_t count = 0;

    if (sp_case_open(at("fault.case"), SP_CASE_READ, NULL, &c, &err) < 0) {
        if (least)
            tap_fail("call %lu: what was committed cannot be opened: %s", number, err.what);
        return;
    }
    if (sp_case_verify(c, add_finding, &findings, &err) < 0 || sp_case_count(c, NULL, &count, &err) < 0 || findings || count < least)
        tap_fail("call %lu: %u findings, %u sightings, %u committed", number, findings, (unsigned)count, least);
    sp_case_close(c);
}

static void each_call(enum fault_kind kind, bool on)
{
    char command[128];

    for (unsigned long n = 1; n < 2000; n++) {
        unsigned committed;
        int rc;

        (void)snprintf(command, sizeof command, "rm -f '%s/'fault.case*", at("."));
        ok(system(command) == 0);
        err = (struct sp_error){ 0 };
        failing = kind;
        from_then_on = on;
        met = 0;
        hit = false;
        fails_at = n;
        rc = work(&committed);
        fails_at = 0;
        if (rc < 0 && (!*err.what || !*err.where))
            tap_fail("call %lu: code %d without words", n, rc);
        whole(n, committed > 3 ? 3 : committed);
        if (work(&committed) < 0)
            tap_fail("call %lu: afterwards: %s", n, err.what);
        whole(n, 3);
        if (!hit)
            return;
    }
    tap_fail("2000 calls and no end");
}

TEST(a_write_fails)             { each_call(FAULT_WRITE, false); }
TEST(the_disk_is_full_from_one) { each_call(FAULT_WRITE, true); }
TEST(a_read_fails)              { each_call(FAULT_READ, false); }
TEST(reads_fail_from_one_on)    { each_call(FAULT_READ, true); }
TEST(an_open_fails)             { each_call(FAULT_OPEN, false); }
TEST(opens_fail_from_one_on)    { each_call(FAULT_OPEN, true); }
