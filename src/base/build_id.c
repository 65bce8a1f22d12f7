/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the notes of the loaded objects. Out: the build id of the one that holds this code.
 */
#include "base/build_id.h"

#include <elf.h>
#include <link.h>

struct search {
    uintptr_t code;
    struct sp_str id;
};

static bool holds(const struct dl_phdr_info *object, uintptr_t address)
{
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];

        if (p->p_type == PT_LOAD && address - (object->dlpi_addr + p->p_vaddr) < p->p_memsz)
            return true;
    }
    return false;
}

/* Notes stand behind each other: three words, name, content, both padded to words. */
static struct sp_str find_id(const char *note, size_t len)
{
    while (len >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        size_t name, content;

        memcpy(&head, note, sizeof head);
        name = ((size_t)head.n_namesz + 3) & ~(size_t)3;
        content = ((size_t)head.n_descsz + 3) & ~(size_t)3;
        if (name > len - sizeof head || content > len - sizeof head - name)
            break;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && memcmp(note + sizeof head, "GNU", 4) == 0)
            return (struct sp_str){ note + sizeof head + name, head.n_descsz };
        note += sizeof head + name + content;
        len -= sizeof head + name + content;
    }
    return SP_STR_NONE;
}

static int look(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct search *s = arg;

    (void)size;
    if (!holds(object, s->code))
        return 0;
    for (unsigned i = 0; i < object->dlpi_phnum && s->id.len == 0; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];

        if (p->p_type == PT_NOTE)
            s->id = find_id((const char *)(object->dlpi_addr + p->p_vaddr), p->p_memsz);
    }
    return 1;
}

struct sp_str sp_build_id(void)
{
    struct search s = { (uintptr_t)&sp_build_id, SP_STR_NONE };

    (void)dl_iterate_phdr(look, &s);
    return s.id;
}
