/**
 * Entries of others need not be UTF-8 and are copied unchanged: as a text with one character per byte.
 */
export const toBytes = (text: string): string => Buffer.from(text).toString('latin1');

/** Bytes that are no UTF-8 become U+FFFD. */
export const toText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

export const isText = (bytes: string): boolean => toBytes(toText(bytes)) === bytes;
