// Functions of doubles that are floats by value, from double to double.
#pragma once

double s_acos(double x);
double s_acosh(double x);
double s_asin(double x);
double s_asinh(double x);
double s_atan(double x);
double s_atanh(double x);
double s_cos(double x);
double s_cosh(double x);
double s_erf(double x);
double s_sin(double x);
double s_sinh(double x);
double s_tan(double x);
double s_pow(double x, double y);
double s_fmod(double x, double y);
