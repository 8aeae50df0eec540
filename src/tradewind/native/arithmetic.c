/* Where Python's arithmetic raises and C's does not. */
#include "native.h"
#include <math.h>

int divide(double dividend, double divisor, double *quotient)
{
    if (divisor == 0.0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "float division by zero");
        return -1;
    }
    *quotient = dividend / divisor;
    return 0;
}

int root(double value, double *result)
{
    if (value < 0.0) {
        PyErr_SetString(PyExc_ValueError, "math domain error");
        return -1;
    }
    *result = sqrt(value);
    return 0;
}

/* Python's whole numbers have no end; a sum beyond 64 bits is refused rather than wrong. */
int overflowed(const char *what)
{
    PyErr_Format(PyExc_OverflowError, "%s does not fit into 64 bits", what);
    return -1;
}
