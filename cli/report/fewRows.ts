/** Rows of tables that the first page of a report has room for. */
export const FEW_ROWS = 12;
