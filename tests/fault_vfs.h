/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite's reads, writes and opens through a function that may say no: an unread page, a full disk, no more descriptors. The layer lies
 * over SQLite's own one for the system and becomes the default.
 */
#ifndef SP_TESTS_FAULT_VFS_H
#define SP_TESTS_FAULT_VFS_H
#include <sqlite3.h>
#include <string.h>

enum fault_kind { FAULT_OPEN, FAULT_READ, FAULT_WRITE };

static int (*fault_asked)(enum fault_kind kind); /* non-zero: this call fails */
static sqlite3_vfs fault_vfs, *fault_under;

struct fault_file {
    sqlite3_file file;
    sqlite3_file *under; /* behind this struct */
};

static sqlite3_file *fault_down(sqlite3_file *f)
{
    return ((struct fault_file *)(void *)f)->under;
}

static int fault_close(sqlite3_file *f)
{
    return fault_down(f)->pMethods->xClose(fault_down(f));
}

static int fault_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return fault_asked(FAULT_READ) ? SQLITE_IOERR_READ : fault_down(f)->pMethods->xRead(fault_down(f), to, n, at);
}

static int fault_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return fault_asked(FAULT_WRITE) ? SQLITE_FULL : fault_down(f)->pMethods->xWrite(fault_down(f), from, n, at);
}

static int fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fault_asked(FAULT_WRITE) ? SQLITE_IOERR_TRUNCATE : fault_down(f)->pMethods->xTruncate(fault_down(f), size);
}

/* No test cuts the power: waiting for the disk would only take time. */
static int fault_sync(sqlite3_file *f, int flags)
{
    (void)f;
    (void)flags;
    return fault_asked(FAULT_WRITE) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int fault_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fault_down(f)->pMethods->xFileSize(fault_down(f), size);
}

static int fault_lock(sqlite3_file *f, int level)
{
    return fault_down(f)->pMethods->xLock(fault_down(f), level);
}

static int fault_unlock(sqlite3_file *f, int level)
{
    return fault_down(f)->pMethods->xUnlock(fault_down(f), level);
}

static int fault_reserved(sqlite3_file *f, int *yes)
{
    return fault_down(f)->pMethods->xCheckReservedLock(fault_down(f), yes);
}

static int fault_control(sqlite3_file *f, int what, void *arg)
{
    return fault_down(f)->pMethods->xFileControl(fault_down(f), what, arg);
}

static int fault_sector(sqlite3_file *f)
{
    return fault_down(f)->pMethods->xSectorSize(fault_down(f));
}

static int fault_traits(sqlite3_file *f)
{
    return fault_down(f)->pMethods->xDeviceCharacteristics(fault_down(f));
}

static int fault_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **to)
{
    return fault_asked(FAULT_WRITE) ? SQLITE_IOERR_SHMSIZE : fault_down(f)->pMethods->xShmMap(fault_down(f), page, size, extend, to);
}

static int fault_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return fault_down(f)->pMethods->xShmLock(fault_down(f), at, n, flags);
}

static void fault_shm_barrier(sqlite3_file *f)
{
    fault_down(f)->pMethods->xShmBarrier(fault_down(f));
}

static int fault_shm_unmap(sqlite3_file *f, int gone)
{
    return fault_down(f)->pMethods->xShmUnmap(fault_down(f), gone);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *got)
{
    static const sqlite3_io_methods methods = {
        2, fault_close, fault_read, fault_write, fault_truncate, fault_sync, fault_size, fault_lock, fault_unlock, fault_reserved, fault_control,
        fault_sector, fault_traits, fault_shm_map, fault_shm_lock, fault_shm_barrier, fault_shm_unmap, NULL, NULL,
    };
    struct fault_file *mine = (struct fault_file *)(void *)f;
    int rc;

    (void)vfs;
    f->pMethods = NULL;
    mine->under = (sqlite3_file *)(void *)(mine + 1);
    rc = fault_asked(FAULT_OPEN) ? SQLITE_CANTOPEN : fault_under->xOpen(fault_under, name, mine->under, flags, got);
    if (rc == SQLITE_OK)
        f->pMethods = &methods;
    return rc;
}

/* Before any case is opened. */
static inline void fault_vfs_install(int (*asked)(enum fault_kind kind))
{
    fault_asked = asked;
    fault_under = sqlite3_vfs_find(NULL);
    fault_vfs = *fault_under;
    fault_vfs.zName = "fault";
    fault_vfs.szOsFile = (int)sizeof(struct fault_file) + fault_under->szOsFile;
    fault_vfs.xOpen = fault_open;
    (void)sqlite3_vfs_register(&fault_vfs, 1);
}

#endif
