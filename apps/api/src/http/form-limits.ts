/** Text parts of a form: the fields of a job body with some to spare. */
export const MAX_FORM_FIELDS = 32;
/** Bytes that a text part may have; images travel as parts of their own. */
export const MAX_FIELD_BYTES = 1_000_000;
