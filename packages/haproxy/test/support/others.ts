/**
 * What others may have written into a map, by key and value: from its file, or with `add map`. None of it may be
 * written as ours.
 */
export const OTHERS: readonly (readonly [key: string, value: string])[] = [
  ['semicolon', 'a;set server app/blue state maint'],
  ['k;k', ';'],
  ['heredoc', 'x <<'],
  ['marker', '<<'],
  ['named', 'a <<EOF'],
  ['<<', 'x'],
  ['#hash', '#v'],
  ['after', 'v '],
  ['before', '  v'],
  ['a b', 'c d'],
  ['a b c', 'd'],
  ['a', 'a lookup of "a b" must not find this'],
  [' around ', ' v '],
  ['', 'of an empty key'],
  ['empty', ''],
  ['also-empty', ''],
  ['tab', 'a\tb'],
  ['t\tb', 'x'],
  ['backslash', 'c\\ d\\;\\'],
  ['quotes', '"a" \'b\''],
  ['control', '\x01\x7f\x1b[0m'],
  ['other', 'größe=日本'],
  ['zero-width', 'a\u200bb\u2028c'],
];
