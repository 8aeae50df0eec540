/* The extension module `tradewind.native._compiled`: its types, and which sources it was built from. */
#include "line_core.h"
#include "ticks.h"

#ifndef TRADEWIND_SOURCES
#define TRADEWIND_SOURCES ""
#endif

static PyTypeObject *const TYPES[] = {
    &SnapshotBuilder_Type, &TickShortCut_Type, &LineIntake_Type, &Publisher_Type, &StrategyCaller_Type,
    &Dispatcher_Type, &FeatureHandler_Type, &PriceWatch_Type, &LimitWatch_Type, &VolatilityWatch_Type,
    &NewestFeed_Type, &FlatCodec_Type, &Packer_Type, &LineCore_Type, &LinePublisher_Type,
    &TickRecorder_Type, &FrameReader_Type};

static int compiled_exec(PyObject *module)
{
    checksum_begin();
    for (size_t at = 0; at < Py_ARRAY_LENGTH(TYPES); at++)
        if (PyModule_AddType(module, TYPES[at]) < 0)
            return -1;
    return PyModule_AddStringConstant(module, "SOURCES", TRADEWIND_SOURCES);
}

static PyMethodDef FUNCTIONS[] = {
    {"unpack", (PyCFunction)(void (*)(void))unpack, METH_VARARGS | METH_KEYWORDS, "Return the events of a pack."},
    {"skim", (PyCFunction)(void (*)(void))skim, METH_VARARGS | METH_KEYWORDS, "Return the newest events of a pack."},
    {"tick_frame", tick_frame, METH_O, "Return ticks as a frame of a recording; None where one is out of the ordinary."},
    {"checksum", checksum, METH_O, "Return the CRC-32 of bytes."},
    {"ticks_of_columns", ticks_of_columns, METH_VARARGS, "Return the ticks of Arrow's columns."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, compiled_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static PyModuleDef COMPILED = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tradewind.native._compiled",
    .m_doc = "The hot core of the line in C; see tradewind.native.",
    .m_size = 0,
    .m_methods = FUNCTIONS,
    .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModuleDef_Init(&COMPILED); }
