/* lz4 and Snappy. */
#include <Python.h>
#include <lz4.h>
#include <snappy-c.h>

static PyObject *version(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    return PyLong_FromLong(LZ4_versionNumber());
}

static PyObject *longest(PyObject *self, PyObject *size) {
    (void)self;
    return PyLong_FromSize_t(snappy_max_compressed_length(PyLong_AsSize_t(size)));
}

static PyMethodDef methods[] = {
    {"version", version, METH_NOARGS, "lz4's version."},
    {"longest", longest, METH_O, "How long a text of that size may become."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "snap", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_snap(void) { return PyModule_Create(&definition); }
