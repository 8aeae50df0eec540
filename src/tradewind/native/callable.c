/* What all callables have in common: their references live and die together. */
#include "native.h"

int callable_traverse(PyObject *object, visitproc visit, void *arg)
{
    Callable *self = (Callable *)object;
    for (int at = 0; at < MOST_REFS; at++)
        Py_VISIT(self->refs[at]);
    for (int at = 0; at < MOST_LAYOUTS; at++)
        Py_VISIT(self->layouts[at].type);
    return 0;
}

int callable_clear(PyObject *object)
{
    Callable *self = (Callable *)object;
    /* A call that comes while things fall apart finds nothing to call. */
    self->vectorcall = NULL;
    for (int at = 0; at < MOST_REFS; at++)
        Py_CLEAR(self->refs[at]);
    for (int at = 0; at < MOST_LAYOUTS; at++)
        layout_clear(&self->layouts[at]);
    return 0;
}

void callable_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    callable_clear(object);
    Py_TYPE(object)->tp_free(object);
}

int layout_must_be_direct(const Layout *layout)
{
    if (layout->is_direct)
        return 1;
    PyErr_Format(PyExc_TypeError, "the fields of %R are no plain members", layout->type);
    return 0;
}

PyObject *taken_exception(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}
