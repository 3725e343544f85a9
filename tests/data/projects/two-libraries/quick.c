/* lz4 alone. */
#include <Python.h>
#include <lz4.h>

static PyObject *version(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    return PyLong_FromLong(LZ4_versionNumber());
}

static PyMethodDef methods[] = {{"version", version, METH_NOARGS, "lz4's version."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "quick", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_quick(void) { return PyModule_Create(&definition); }
