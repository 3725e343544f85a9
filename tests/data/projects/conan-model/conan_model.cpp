#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <ffi.h>
#include <leveldb/db.h>
#include <nlohmann/json.hpp>
#include <pixman.h>

#include <memory>
#include <string>

extern "C" {
extern const unsigned char by_target[], by_program[];
extern const unsigned long by_target_size, by_program_size;
}

namespace {

/* roundtrip(folder, text): the text after it was in a database of LevelDB's, whose blocks Snappy compresses. */
PyObject *roundtrip(PyObject *, PyObject *arguments) {
    const char *folder, *text;
    if (!PyArg_ParseTuple(arguments, "ss", &folder, &text))
        return nullptr;
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kSnappyCompression;
    leveldb::DB *opened = nullptr;
    leveldb::Status status = leveldb::DB::Open(options, folder, &opened);
    std::unique_ptr<leveldb::DB> db(opened);
    std::string found;
    if (status.ok())
        status = db->Put(leveldb::WriteOptions(), "key", text);
    if (status.ok())
        db->CompactRange(nullptr, nullptr);
    if (status.ok())
        status = db->Get(leveldb::ReadOptions(), "key", &found);
    if (!status.ok())
        return PyErr_Format(PyExc_OSError, "%s", status.ToString().c_str());
    return PyUnicode_FromStringAndSize(found.data(), static_cast<Py_ssize_t>(found.size()));
}

int twice(int number) { return 2 * number; }

/* call(number): twice the number, by a call that libffi puts together. */
PyObject *call(PyObject *, PyObject *argument) {
    int number = static_cast<int>(PyLong_AsLong(argument));
    ffi_cif description;
    ffi_type *types[] = {&ffi_type_sint};
    void *values[] = {&number};
    ffi_arg result = 0;
    if (ffi_prep_cif(&description, FFI_DEFAULT_ABI, 1, &ffi_type_sint, types) != FFI_OK)
        return PyErr_Format(PyExc_RuntimeError, "libffi");
    ffi_call(&description, FFI_FN(twice), &result, values);
    return PyLong_FromLong(static_cast<int>(result));
}

/* facts(): JSON with Pixman's version and what the generator made. */
PyObject *facts(PyObject *, PyObject *) {
    nlohmann::json found;
    found["pixman"] = pixman_version_string();
    found["target"] = std::string(by_target, by_target + by_target_size);
    found["program"] = std::string(by_program, by_program + by_program_size);
    return PyUnicode_FromString(found.dump().c_str());
}

PyMethodDef methods[] = {
    {"roundtrip", roundtrip, METH_VARARGS, nullptr},
    {"call", call, METH_O, nullptr},
    {"facts", facts, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyModuleDef module = {PyModuleDef_HEAD_INIT, "conan_model", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_conan_model() { return PyModule_Create(&module); }
