/* A database whose blocks LevelDB compresses by Snappy, and a text through LZ4 and back. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <leveldb/c.h>
#include <lz4.h>
#include <string.h>

static PyObject *through_lz4(PyObject *self, PyObject *arguments) {
    const char *text;
    Py_ssize_t size;
    char packed[4096], unpacked[2048];
    (void)self;
    if (!PyArg_ParseTuple(arguments, "y#", &text, &size)) return NULL;
    if (size > 2048) return PyErr_Format(PyExc_ValueError, "2048 bytes at most");
    int length = LZ4_compress_default(text, packed, (int)size, (int)sizeof packed);
    int back = LZ4_decompress_safe(packed, unpacked, length, (int)sizeof unpacked);
    return Py_BuildValue("iy#", length, unpacked, (Py_ssize_t)back);
}

static PyObject *stored(PyObject *self, PyObject *arguments) {
    const char *folder, *text;
    Py_ssize_t size;
    size_t length = 0;
    char *error = NULL;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "sy#", &folder, &text, &size)) return NULL;
    leveldb_options_t *options = leveldb_options_create();
    leveldb_options_set_create_if_missing(options, 1);
    leveldb_options_set_compression(options, leveldb_snappy_compression);
    leveldb_t *db = leveldb_open(options, folder, &error);
    if (error) return PyErr_Format(PyExc_OSError, "%s", error);
    leveldb_writeoptions_t *writing = leveldb_writeoptions_create();
    leveldb_put(db, writing, "key", 3, text, (size_t)size, &error);
    leveldb_compact_range(db, NULL, 0, NULL, 0); /* a table on the disk, with blocks that are compressed */
    leveldb_readoptions_t *reading = leveldb_readoptions_create();
    char *value = leveldb_get(db, reading, "key", 3, &length, &error);
    PyObject *result = error ? PyErr_Format(PyExc_OSError, "%s", error)
                             : PyBytes_FromStringAndSize(value, (Py_ssize_t)length);
    leveldb_free(value);
    leveldb_readoptions_destroy(reading);
    leveldb_writeoptions_destroy(writing);
    leveldb_close(db);
    leveldb_options_destroy(options);
    return result;
}

static PyMethodDef methods[] = {
    {"through_lz4", through_lz4, METH_VARARGS, "The size of a text compressed by LZ4, and the text uncompressed."},
    {"stored", stored, METH_VARARGS, "What is read of a text after it was written into a database in that folder."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "store", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_store(void) { return PyModule_Create(&definition); }
