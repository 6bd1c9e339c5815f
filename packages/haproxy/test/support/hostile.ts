import { LINE_LIMIT } from '../../src/grammar/words.ts';

const CONTROL = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).concat(
  '\x7f',
  '\u0085',
  '\u2028',
  '\ud800',
);
const PLACES = [(c: string) => c, (c: string) => `a${c}`, (c: string) => `${c}a`, (c: string) => `a${c}b`];
/** No word of any kind may hold these. */
export const HOSTILE = [
  ...CONTROL.flatMap((c) => PLACES.map((place) => place(c))),
  ...[
    ';',
    ';;',
    '; quit',
    ';quit',
    ' ; quit',
    '\\;',
    '<<',
    ' <<',
    '<<EOF',
    '\\<<',
    '\n',
    '\r\n',
    '\nquit\n',
  ].flatMap((c) => PLACES.map((place) => place(c))),
  ...Array.from({ length: 256 }, (_, n) => `a;set server app/s${n} state maint`),
  ...Array.from({ length: 64 }, (_, n) => `s${n}\nshutdown sessions server app/s${n}`),
  '',
  'x'.repeat(LINE_LIMIT),
];
