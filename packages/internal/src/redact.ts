/** Replaces masked text. */
const MASK = '***';

/**
 * A URL without user, password, query and fragment. Anything that is not a URL becomes "a bad URL".
 * Of a database's, whose path has no `@`, what stands before one there is the rest of a password with a `/`.
 */
export function redactUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (/^https?:$/.test(protocol) || !pathname.includes('@')) return `${protocol}//${host}${pathname}`;
    return `${protocol}//${pathname.slice(pathname.lastIndexOf('@') + 1)}`;
  } catch {
    return 'a bad URL';
  }
}

/**
 * `text` with the user-info of each URL in it masked, also where a password has a `/` or an `@` that is not encoded.
 */
export const redactUrls = (text: string): string =>
  text.replace(/([a-z][a-z0-9+.-]*:\/\/)(?!\/)\S*@/gi, `$1${MASK}@`);

/** How servers and drivers name an account, each with the text before it. */
const ACCOUNTS: readonly (readonly [RegExp, string])[] = [
  // MySQL: 'shop'@'172.17.0.1'
  [/(["'`])\S*?\1(?=@\1)/g, `$1${MASK}$1`],
  // PostgreSQL, RabbitMQ, MongoDB, Prisma: user "shop", role "shop", credentials for `shop`
  [
    /\b((?:user|role|account|username|credentials for)(?:\s+|\s*[:=]\s*))(["'`])(?!\*\*\*\2).*?\2(?!\w)/gi,
    `$1$2${MASK}$2`,
  ],
  // Redis, PgBouncer, MongoDB: User shop has no permissions, no such user: shop, find user shop@db
  [/\b(user )[^\s"'`]+(?= (?:has no|is not|was denied|can only)\b)/gi, `$1${MASK}`],
  [/\b((?:no such|find) user:? )[^\s"'`]+/gi, `$1${MASK}`],
  // Settings that are written out
  [/\b((?:user(?:name)?|password|passwd|pwd)=)[^\s,;&"']+/gi, `$1${MASK}`],
];

/**
 * `text` without the login of any URL, without account names in messages of servers, and without the known `secrets`.
 */
export const redact = (text: string, secrets: readonly string[] = []): string =>
  ACCOUNTS.reduce(
    (shown, [pattern, mask]) => shown.replace(pattern, mask),
    redactUrls(maskValues(text, secrets)),
  );

/** Shorter values occur within ordinary words. */
const SHORT = 6;

/** `text` with each of `values` masked, whole where several overlap; a short one counts as a whole word alone. */
export function maskValues(text: string, values: readonly string[]): string {
  const ranges = values
    .flatMap((value) =>
      value
        ? [...text.matchAll(startsOf(value))].map(({ index }) => [index, index + value.length] as const)
        : [],
    )
    .sort(([a], [b]) => a - b);
  let shown = '';
  let at = 0;
  for (const [start, end] of ranges) {
    if (start >= at) shown += text.slice(at, start) + MASK;
    at = Math.max(at, end);
  }
  return shown + text.slice(at);
}

/** Finds each position where the value begins, also within another occurrence. */
function startsOf(value: string): RegExp {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(value.length < SHORT ? `(?<!\\w)(?=${literal}(?!\\w))` : `(?=${literal})`, 'g');
}
