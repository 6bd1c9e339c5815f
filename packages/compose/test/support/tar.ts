const BLOCK = 512;

/** A tar archive (ustar) of one file, as the Engine API takes it; `mtime` in seconds. */
export function tarOf(name: string, text: string, mtime = 0): Buffer {
  const length = Buffer.byteLength(text);
  // A header, the text in whole blocks, and two empty blocks.
  const archive = Buffer.alloc((1 + Math.ceil(length / BLOCK) + 2) * BLOCK);
  archive.write(name, 0);
  archive.write('0000444\0', 100);
  archive.write('0000000\0', 108);
  archive.write('0000000\0', 116);
  archive.write(octal(length), 124);
  archive.write(octal(mtime), 136);
  archive.write('        ', 148);
  archive.write('0', 156);
  archive.write('ustar\u000000', 257);
  let sum = 0;
  for (const byte of archive.subarray(0, BLOCK)) sum += byte;
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  archive.write(text, BLOCK);
  return archive;
}

const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;
