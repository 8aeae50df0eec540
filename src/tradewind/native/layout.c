/* Fields of Python objects, found once. A member whose kind and place are not exactly as expected is asked for by name
 * for ever after: nothing is assumed of how the class was made. */
#include "native.h"
#include <structmember.h>

static int is_plain_member(PyTypeObject *type, PyObject *descriptor, Py_ssize_t *offset)
{
    if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type))
        return 0;
    PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
    if (member->type != T_OBJECT_EX || !PyType_IsSubtype(type, PyDescr_TYPE(descriptor)))
        return 0;
    *offset = member->offset;
    return member->offset >= (Py_ssize_t)sizeof(PyObject)
        && member->offset + (Py_ssize_t)sizeof(PyObject *) <= type->tp_basicsize;
}

int layout_find(Layout *layout, PyObject *type, const char *const *names, int count)
{
    if (!PyType_Check(type)) {
        PyErr_Format(PyExc_TypeError, "a class was expected, was %R", type);
        return -1;
    }
    layout->type = (PyTypeObject *)Py_NewRef(type);
    layout->is_direct = 1;
    for (int field = 0; field < count; field++) {
        PyObject *name = layout->names[field] = PyUnicode_InternFromString(names[field]);
        if (name == NULL)
            return -1;
        layout->count = field + 1;
        PyObject *descriptor = PyObject_GetAttr(type, name);
        if (descriptor == NULL)
            return -1;
        if (!is_plain_member(layout->type, descriptor, &layout->offsets[field]))
            layout->is_direct = 0;
        Py_DECREF(descriptor);
    }
    return 0;
}

int layout_is_whole(const Layout *layout)
{
    const PyTypeObject *type = layout->type;
    return layout->is_direct && !type->tp_itemsize && !PyType_IS_GC(type) && type->tp_free == PyObject_Free
        && type->tp_basicsize == (Py_ssize_t)(sizeof(PyObject) + (size_t)layout->count * sizeof(PyObject *))
        && !PyObject_HasAttrString((PyObject *)type, "__post_init__");
}

PyObject *layout_make(const Layout *layout, PyObject *const *values)
{
    PyObject *object = PyObject_New(PyObject, layout->type);
    for (int field = 0; field < layout->count; field++) {
        if (object != NULL)
            *layout_slot(layout, object, field) = values[field];
        else
            Py_DECREF(values[field]);
    }
    return object;
}

int layout_traverse(Layout *layout, visitproc visit, void *arg)
{
    Py_VISIT(layout->type);
    return 0;
}

void layout_clear(Layout *layout)
{
    Py_CLEAR(layout->type);
    for (int field = 0; field < layout->count; field++)
        Py_CLEAR(layout->names[field]);
    layout->count = 0;
}

int layout_read_by_name(const Layout *layout, PyObject *object, PyObject **values, PyObject **holder)
{
    PyObject *held = PyTuple_New(layout->count);
    if (held == NULL)
        return -1;
    for (int field = 0; field < layout->count; field++) {
        values[field] = PyObject_GetAttr(object, layout->names[field]);
        if (values[field] == NULL) {
            Py_DECREF(held);
            return -1;
        }
        PyTuple_SET_ITEM(held, field, values[field]);
    }
    *holder = held;
    return 0;
}
