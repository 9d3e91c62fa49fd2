/* npz.c - a zip of .npy files, by way of libzip. */
#include "io/archive.h"
#include "io/npy.h"

#include <string.h>
#include <unistd.h>
#include <zip.h>

enum { NAME_ROOM = 256 };

static const char extension[] = ".npy";

/* libzip's own messages are English; those of the system would be in the user's language. */
static const char *zip_why(zip_error_t *error)
{
    if (zip_error_system_type(error) == ZIP_ET_SYS)
        return gd__errno_text(zip_error_code_system(error));
    return zip_error_strerror(error);
}

/* ---- reading ---- */

typedef struct reading {
    gd_archive *archive;
    gd__stream *file;
    zip_t *zip;
    zip_int64_t compressed; /* bytes of the file that the entries until now claim for themselves */
} reading;

static int64_t pull_entry(gd__stream *stream, void *to, size_t size)
{
    zip_int64_t had = zip_fread(stream->source, to, size);
    if (had < 0)
        stream->why = zip_why(zip_file_get_error(stream->source));
    return had;
}

static bool check_method(const gd__stream *entry, const zip_stat_t *about)
{
    zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((about->valid & needed) != needed)
        return gd__malformed(entry, "The file is damaged: get it anew", "the zip does not say how it is stored");
    if (about->encryption_method != ZIP_EM_NONE)
        return gd__malformed(entry, "Write the file anew with numpy.savez", "it is encrypted");
    if (about->comp_method != ZIP_CM_STORE && about->comp_method != ZIP_CM_DEFLATE)
        return gd__malformed(entry,
                             "Known are stored and deflated entries: numpy.savez writes the ones, "
                             "numpy.savez_compressed the others",
                             "it is compressed by method %d", about->comp_method);
    return true;
}

/* Entries may neither claim more of the file than there is, all together, nor become larger than their
 * compression can have made small: a bomb is refused before memory is taken for it. */
static bool check_size(reading *r, const gd__stream *entry, const zip_stat_t *about)
{
    zip_uint64_t left = (zip_uint64_t)(r->file->size - r->compressed);
    zip_uint64_t ratio = about->comp_method == ZIP_CM_DEFLATE ? GD__DEFLATE_RATIO : 1;
    if (about->comp_size <= left && about->size / ratio <= about->comp_size && about->size <= INT64_MAX) {
        r->compressed += (zip_int64_t)about->comp_size;
        return true;
    }
    return gd__malformed(entry, "The file is damaged, or meant to do harm",
                         "it claims to make %llu bytes of %llu, in a file of %lld", (unsigned long long)about->size,
                         (unsigned long long)about->comp_size, (long long)r->file->size);
}

/* The array's name is the entry's without ".npy". */
static bool take_entry(reading *r, gd__stream *entry, const char *entry_name)
{
    gd_context *g = entry->context;
    size_t length = strlen(entry_name), part = sizeof extension - 1;
    if (length < part || strcmp(entry_name + length - part, extension) != 0)
        return gd__malformed(entry,
                             "Only .npy entries are read, as numpy.savez writes them; a PyTorch checkpoint "
                             "must be saved as .safetensors",
                             "it is not a .npy file");
    char *name = gd__copy_string(g, entry_name);
    if (!name)
        return false;
    name[length - part] = 0;
    bool good = gd__archive_find(r->archive, name) < 0
                    ? gd__archive_take(r->archive, name, gd__npy_read(entry))
                    : gd__malformed(entry, "The file is damaged: get it anew", "there are two arrays of this name");
    gd__free(g, name, length + 1);
    return good;
}

static bool open_entry(reading *r, zip_uint64_t index, gd__stream *entry)
{
    entry->source = zip_fopen_index(r->zip, index, 0);
    return entry->source || gd__malformed(entry, "The file is damaged: get it anew", "it can't be opened: %s",
                                          zip_why(zip_get_error(r->zip)));
}

static bool read_entry(reading *r, zip_uint64_t index)
{
    char label[NAME_ROOM];
    zip_stat_t about;
    if (zip_stat_index(r->zip, index, 0, &about) != 0 || !(about.valid & ZIP_STAT_NAME))
        return gd__malformed(r->file, "The file is damaged: get it anew", "entry %llu has no name",
                             (unsigned long long)index);
    snprintf(label, sizeof label, "%.120s > %.120s", r->file->name, about.name);
    gd__stream entry = { .context = r->file->context, .name = label, .pull = pull_entry, .file = -1 };
    if (!check_method(&entry, &about) || !check_size(r, &entry, &about) || !open_entry(r, index, &entry))
        return false;
    entry.size = (int64_t)about.size;
    bool good = take_entry(r, &entry, about.name);
    zip_fclose(entry.source);
    return good;
}

/* libzip takes a descriptor of its own. NULL with the error set. */
static zip_t *open_zip(gd__stream *stream)
{
    int code = ZIP_ER_OPEN, file = dup(stream->file);
    zip_t *zip = file >= 0 ? zip_fdopen(file, 0, &code) : NULL;
    if (zip)
        return zip;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    gd__malformed(stream, "The file is damaged, or was cut short: get it anew", "it is no zip: %s", zip_why(&error));
    zip_error_fini(&error);
    if (file >= 0)
        close(file);
    return NULL;
}

bool gd__npz_read(gd_archive *archive, gd__stream *stream)
{
    reading r = { .archive = archive, .file = stream, .zip = open_zip(stream) };
    bool good = r.zip != NULL;
    zip_int64_t count = good ? zip_get_num_entries(r.zip, 0) : 0;
    for (zip_int64_t i = 0; good && i < count; i++)
        good = read_entry(&r, (zip_uint64_t)i);
    if (r.zip)
        zip_discard(r.zip);
    return good;
}

/* ---- writing ---- */

typedef struct npy_header {
    char text[GD__NPY_HEADER_ROOM];
} npy_header;

/* 1980-01-01 00:00:00, the first date that a zip can state. */
enum { DOS_TIME = 0, DOS_DATE = 1 << 5 | 1 };

/* libzip reads header and numbers when the zip is closed: both must live until then. */
static bool add_data(zip_t *zip, const char *entry_name, gd_tensor *t, npy_header *header)
{
    zip_uint64_t bytes = (zip_uint64_t)t->numel * gd_dtype_size((gd_dtype)t->dtype);
    zip_buffer_fragment_t parts[] = { { (zip_uint8_t *)header->text, gd__npy_header_of(t, header->text) },
                                      { (zip_uint8_t *)t->data, bytes } };
    zip_source_t *source = zip_source_buffer_fragment(zip, parts, 2, 0);
    if (!source)
        return false;
    zip_int64_t index = zip_file_add(zip, entry_name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)index, DOS_TIME, DOS_DATE, 0) == 0;
}

static bool zip_failed(const gd__output *output, zip_t *zip)
{
    return gd__output_failed(output, zip_why(zip_get_error(zip)));
}

static bool add_entry(const gd__output *output, zip_t *zip, const gd__entry *entry, npy_header *header)
{
    gd_context *g = output->context;
    gd_tensor *ordered = gd__row_major(entry->tensor);
    size_t length = strlen(entry->name), room = length + sizeof extension;
    char *name = ordered ? gd__alloc(g, room) : NULL;
    if (!name)
        return false;
    memcpy(name, entry->name, length);
    memcpy(name + length, extension, sizeof extension);
    bool good = add_data(zip, name, ordered, header) || zip_failed(output, zip);
    gd__free(g, name, room);
    return good;
}

static bool write_entries(const gd__output *output, zip_t *zip, const gd_archive *a, npy_header *headers)
{
    bool good = true;
    for (int i = 0; good && i < a->count; i++)
        good = add_entry(output, zip, &a->entries[i], &headers[i]);
    if (good && zip_close(zip) == 0)
        return true;
    if (good)
        zip_failed(output, zip);
    zip_discard(zip);
    return false;
}

/* libzip would delete a zip without entries: all there is of one is its end record. */
static bool write_empty(const gd__output *output)
{
    static const char end[22] = "PK\5\6";
    FILE *file = gd__output_open(output);
    if (!file)
        return false;
    fwrite(end, 1, sizeof end, file);
    return gd__output_close(output, file);
}

static bool write_zip(const gd__output *output, const gd_archive *a, npy_header *headers)
{
    int code = 0;
    zip_t *zip = zip_open(output->temporary, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!zip)
        return gd__output_failed(output, "the zip could not be begun");
    return write_entries(output, zip, a, headers);
}

bool gd__npz_write(const gd__output *output, void *user)
{
    const gd_archive *a = user;
    gd_context *g = output->context;
    if (a->note_count > 0) {
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Write a .safetensors file, or leave them out" },
                 ".npz has no place for the notes that the archive has (%d)", a->note_count);
        return false;
    }
    if (a->count == 0)
        return write_empty(output);
    size_t room = (size_t)a->count * sizeof(npy_header);
    npy_header *headers = gd__alloc(g, room);
    if (!headers)
        return false;
    gd_scope copies = gd_scope_enter(g); /* of views that are not row-major */
    bool good = copies.context && write_zip(output, a, headers);
    gd_scope_leave(&copies);
    gd__free(g, headers, room);
    return good;
}
