// The sizes at which the lowering takes one form or another, each with the measurement that set it: ONNX Runtime 1.30 on one thread
// of an AMD EPYC, microseconds for one operation, the least of 600 runs.

/** Up to how many floats a tensor is moved together with others: an input costs 1.4 µs, an output 3 µs, copying 4,096 floats 0.5 µs. */
export const JOIN_LIMIT = 4096;

/**
 * Up to how many runs of its innermost axis an operation broadcasts over, however short they are. A column times a scalar costs
 * 1.4 for 32 rows, 1.7 for 64, 2.4 for 128 and 3.9 for 256; as a vector, with the two reshapes, 1.6 for all of them.
 */
export const FEW_RUNS = 40;

/**
 * From how many rows on, and up to how many columns, a column is repeated by a product with ones before it is used. [rows, 8] times
 * [rows, 1] costs 1.4, 2.6, 4.2 and 13.9 for 32, 128, 256 and 1,024 rows; repeated, 1.5, 1.8, 2.2 and 4.5. [rows, 32]: 1.5, 3.0, 6.0
 * and 17; repeated, 1.8, 2.8, 3.8 and 11.
 */
export const MANY_ROWS = 128;
export const FEW_COLUMNS = 32;

/** The most elements of a constant that is made to save an operation: it bounds the model's size, not its time. */
export const CONSTANT_LIMIT = 65_536;

/**
 * Models of more nodes are run as they are: the time that ONNX Runtime takes to optimize grows with their square (0.25 s for 2,000
 * nodes, 0.85 s for 4,000, 2.8 s for 8,000, against 0.05, 0.18 and 0.56 s without), and what it finds in graphs that are simplified
 * already changes a run by 5 % at most.
 */
export const OPTIMIZED_NODES = 2000;
