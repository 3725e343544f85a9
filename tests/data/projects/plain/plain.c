/* A module that compiles against the host's own headers alone. Valid C and C++. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if SIZEOF_VOID_P != __SIZEOF_POINTER__ || SIZEOF_LONG != __SIZEOF_LONG__
#error "pyconfig.h is of another architecture"
#endif
#if defined(WORDS_BIGENDIAN) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#error "pyconfig.h is of another byte order"
#endif

static PyObject *answer(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    return Py_BuildValue("ii", (int)sizeof(void *), PY_MINOR_VERSION);
}

static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, "Size of a pointer and Python's minor version."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_plain(void) { return PyModule_Create(&definition); }
