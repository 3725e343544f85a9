/* Calls a function through libffi, which must know the host's calling convention. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ffi.h>

static double weigh(signed char small, double factor, long long big) { return (double)small * factor + (double)big; }

static PyObject *call_weigh(PyObject *self, PyObject *arguments) {
    ffi_type *types[] = {&ffi_type_schar, &ffi_type_double, &ffi_type_sint64};
    ffi_cif interface;
    signed char small;
    double factor, result;
    long long big;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "bdL", &small, &factor, &big))
        return NULL;
    if (ffi_prep_cif(&interface, FFI_DEFAULT_ABI, 3, &ffi_type_double, types) != FFI_OK) {
        PyErr_SetString(PyExc_RuntimeError, "libffi does not know this call");
        return NULL;
    }
    void *values[] = {&small, &factor, &big};
    ffi_call(&interface, FFI_FN(weigh), &result, values);
    return PyFloat_FromDouble(result);
}

static PyMethodDef methods[] = {
    {"weigh", call_weigh, METH_VARARGS, "small * factor + big"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "capi_ffi", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_capi_ffi(void) { return PyModule_Create(&definition); }
