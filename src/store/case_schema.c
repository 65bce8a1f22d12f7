/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema, version 1. A change of it is a new SP_CASE_VERSION and a step that turns the old one into it. Digests are 32 bytes;
 * times are seconds since 1970 with nanoseconds, or nanoseconds alone (_ns) where the clock of the machine is meant;
 * paths are the bytes that the system knows them by.
 */
#include "store/case_inner.h"

const char sp_case_schema[] =
    /* created_ns, tool: of the case itself */
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    /* `key` is random: it tells runs apart when cases are merged */
    "CREATE TABLE run(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, began_ns INTEGER NOT NULL, ended_ns INTEGER, state INTEGER NOT NULL,"
    " who TEXT, host TEXT, argv TEXT, tool TEXT, build TEXT, plan BLOB, summary TEXT);"
    "CREATE TABLE source(id INTEGER PRIMARY KEY, org TEXT NOT NULL, path TEXT NOT NULL, UNIQUE(org, path));"
    /* custody: one a run and source */
    "CREATE TABLE reading(run INTEGER NOT NULL REFERENCES run, source INTEGER NOT NULL REFERENCES source, bytes INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, done INTEGER NOT NULL, sha256 BLOB, type TEXT, first_sec INTEGER, first_nsec INTEGER, first_digits INTEGER,"
    " last_sec INTEGER, last_nsec INTEGER, last_digits INTEGER, account TEXT, PRIMARY KEY(source, run)) WITHOUT ROWID;"
    /* how far: one a source and plan; `state` is the hunter's own, until it is done */
    "CREATE TABLE progress(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source, plan BLOB NOT NULL, bytes INTEGER NOT NULL,"
    " mtime_ns INTEGER NOT NULL, head BLOB NOT NULL, sha256 BLOB, done INTEGER NOT NULL, lost INTEGER NOT NULL, next INTEGER NOT NULL, state TEXT, UNIQUE(source, plan));"
    "CREATE TABLE copy(progress INTEGER NOT NULL REFERENCES progress, raw BLOB NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(progress, raw))"
    " WITHOUT ROWID;"
    "CREATE TABLE rule(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, rule_id TEXT NOT NULL, title TEXT NOT NULL, level INTEGER NOT NULL,"
    " status TEXT NOT NULL, tags TEXT NOT NULL, logsource TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, block INTEGER REFERENCES block,"
    " at INTEGER, size INTEGER);"
    /* many lines or records, one behind the other, packed (deflate) where that makes them shorter than `size` */
    "CREATE TABLE block(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, packed BLOB NOT NULL);"
    "CREATE TABLE raw(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, block INTEGER NOT NULL REFERENCES block, at INTEGER NOT NULL,"
    " size INTEGER NOT NULL);"
    "CREATE TABLE sighting(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, run INTEGER NOT NULL REFERENCES run, kind TEXT NOT NULL,"
    " rule INTEGER REFERENCES rule, no_time INTEGER NOT NULL, sec INTEGER NOT NULL, nsec INTEGER NOT NULL, digits INTEGER NOT NULL,"
    " source INTEGER NOT NULL REFERENCES source, offset INTEGER NOT NULL, length INTEGER NOT NULL, record INTEGER NOT NULL, event BLOB NOT NULL,"
    " copy INTEGER NOT NULL, raw INTEGER REFERENCES raw, host TEXT, user TEXT, session TEXT, block INTEGER NOT NULL REFERENCES block,"
    " line_at INTEGER NOT NULL, line_size INTEGER NOT NULL);"
    "CREATE INDEX sighting_time ON sighting(no_time, sec, nsec);"
    "CREATE TABLE value(id INTEGER PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, UNIQUE(type, value));"
    "CREATE TABLE carries(sighting INTEGER NOT NULL REFERENCES sighting, value INTEGER NOT NULL REFERENCES value,"
    " PRIMARY KEY(sighting, value)) WITHOUT ROWID;"
    "CREATE INDEX carries_value ON carries(value, sighting);"
    "CREATE TABLE act(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, time_ns INTEGER NOT NULL, who TEXT, host TEXT, kind TEXT NOT NULL,"
    " target TEXT NOT NULL, text TEXT NOT NULL, why TEXT NOT NULL, until TEXT NOT NULL, more TEXT NOT NULL);"
    "CREATE INDEX act_target ON act(target);";
