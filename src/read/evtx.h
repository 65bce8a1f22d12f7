/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows event logs (EVTX): chunks of 64 KiB to records.
 *
 *      file     header 4 KiB │ chunk │ chunk │ ...       the header is never trusted
 *      chunk    header 512 B │ record │ record │ ... │ slack        self-contained: offsets are its own
 *      record   2a2a0000, size, number, FILETIME │ BinXML │ size
 *
 * BinXML names a template and gives the values to put in. A template is parsed once into a flat plan
 * (field name, substitution number), and known again in the chunks that follow by its bytes; a record then
 * costs a walk over its descriptors and its values become slices (read/record.h). No XML is built on the way.
 * Records of plain elements, which have no template, get a plan by their form.
 *
 * Fields as rules see them (SPEC: sigma-T24): System elements by name, their attributes as
 * Element_Attribute; Data by its Name attribute; unnamed Data as the list `Data`; UserData flattened.
 *
 * Sources: libyal libevtx "Windows XML Event Log (EVTX)", MS-EVEN6 2.2.12 (BinXml).
 */
#ifndef SP_READ_EVTX_H
#define SP_READ_EVTX_H
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "read/record.h"

enum { SP_EVTX_CHUNK = 65536, SP_EVTX_FILE_HEADER = 4096, SP_EVTX_CHUNK_HEADER = 512 };

struct sp_evtx; /* one per worker: plans, names, tree; reused for any number of files */

struct sp_evtx *sp_evtx_new(const struct sp_limits *limits);
void sp_evtx_free(struct sp_evtx *evtx);
/* From now on records are only rendered whole: their trees may be empty. */
void sp_evtx_whole(struct sp_evtx *evtx);

/* What was met that is wrong but did not stop the reading. `offset` is in the file.
 * `lost`: input was lost by it (a checksum alone loses nothing: contract 3). */
typedef void sp_evtx_trouble(void *arg, uint64_t offset, bool lost, const char *reason);

/* Begin a chunk: `bytes` (SP_EVTX_CHUNK of them, or fewer at a cut end of file) stay borrowed until the
 * next begin. `offset` is where the chunk lies in the file. CRCs are checked and told to `trouble`.
 * Returns 1 when the chunk has records to try; 0 when it is empty (all zero) or unusable (told). */
int sp_evtx_begin(struct sp_evtx *evtx, struct sp_str bytes, uint64_t offset, sp_evtx_trouble *trouble, void *arg);

/* Next live record of the chunk: 1 and `*ret`; 0 at the end. A record that cannot be decoded is told to
 * `trouble` (lost = true), counted in `*undecodable`, and passed over. SP_ERR_NOMEM is negative.
 * A chunk whose free offset lies (dirty files) is walked by signature and size to its end. */
int sp_evtx_next(struct sp_evtx *evtx, struct sp_record *ret, uint64_t *undecodable);

/* After the live records: the next decodable record of the slack behind them, `carved` set. Frames that
 * do not decode are not counted. Copies of live records (equal bytes) of this chunk are left out. */
int sp_evtx_carve(struct sp_evtx *evtx, struct sp_record *ret);

/* Render the record last handed out, whole: as evtx_dump's JSON (the members "Event" only, without the
 * outer braces: `"Event":{...}`), and as Windows' own XML (one line, no declaration). */
int sp_evtx_json(struct sp_evtx *evtx, struct sp_buf *out);
int sp_evtx_xml(struct sp_evtx *evtx, struct sp_buf *out);

/* Evidence of the record last handed out (contract 1): the record, then each template definition and
 * name it refers to in order of first use, each after u32 chunk offset and u32 length, little endian. */
int sp_evtx_leaf(struct sp_evtx *evtx, struct sp_buf *out);

#endif
