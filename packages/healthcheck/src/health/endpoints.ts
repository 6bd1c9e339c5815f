import type { CheckStatus } from './probe.ts';
import { type HealthReport, healthJson } from './report.ts';

/** An answer of a health endpoint, before it meets a framework. */
export interface HealthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HealthQuestion {
  readonly method: string;
  /** With or without a query, which is ignored. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** Whether all callers of this listener may see details. */
  readonly isPrivate: boolean;
}

export interface EndpointPorts {
  readonly paths: Readonly<Record<'live' | 'ready' | 'deep' | 'metrics', string>>;
  readonly token: string | undefined;
  /** The current report; synchronous when no check has to run. */
  status(kind: 'live' | 'ready'): CheckStatus | Promise<CheckStatus>;
  report(kind: 'live' | 'ready' | 'deep'): Promise<HealthReport>;
  metrics(): string;
}

const FIXED = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const answer = (status: number, type: string, body: string): HealthAnswer => ({
  status,
  headers: { ...FIXED, 'content-type': type, 'content-length': String(Buffer.byteLength(body)) },
  body,
});
const httpStatus = (status: CheckStatus): number => (status === 'fail' ? 503 : 200);
const HEALTH_JSON = 'application/health+json';
const METRICS = 'text/plain; version=0.0.4; charset=utf-8';

/** The only bodies that an anonymous caller gets, created once. */
const ANONYMOUS: Readonly<Record<CheckStatus, HealthAnswer>> = {
  pass: answer(200, HEALTH_JSON, '{"status":"pass"}'),
  warn: answer(200, HEALTH_JSON, '{"status":"warn"}'),
  fail: answer(503, HEALTH_JSON, '{"status":"fail"}'),
};
const NOT_ALLOWED: HealthAnswer = {
  status: 405,
  headers: { ...FIXED, allow: 'GET, HEAD', 'content-length': '0' },
  body: '',
};
export const NOT_FOUND: HealthAnswer = {
  status: 404,
  headers: { ...FIXED, 'content-length': '0' },
  body: '',
};

export type AnswerQuestion = (question: HealthQuestion) => HealthAnswer | Promise<HealthAnswer> | undefined;

/** Answers only the health paths; callers that may not see details get 404 for `deep` and metrics. */
export function createEndpoints({ paths, token, status, report, metrics }: EndpointPorts): AnswerQuestion {
  const kinds = new Map<string, keyof typeof paths>([
    ['/health', 'ready'],
    ...Object.entries(paths).map(([kind, path]) => [path, kind as keyof typeof paths] as const),
  ]);
  const isTrusted = tokenTest(token);

  const details = async (kind: 'live' | 'ready' | 'deep') => {
    const found = await report(kind);
    return answer(httpStatus(found.status), HEALTH_JSON, healthJson(found));
  };
  const anonymous = (kind: 'live' | 'ready') => {
    const found = status(kind);
    return typeof found === 'string' ? ANONYMOUS[found] : found.then((settled) => ANONYMOUS[settled]);
  };

  return ({ method, url, authorization, isPrivate }) => {
    const query = url.indexOf('?');
    const kind = kinds.get(query < 0 ? url : url.slice(0, query));
    if (!kind) return undefined;
    if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED;
    const mayKnow = isPrivate || isTrusted(authorization);
    if (kind === 'metrics') return mayKnow ? answer(200, METRICS, metrics()) : NOT_FOUND;
    if (mayKnow) return details(kind);
    return kind === 'deep' ? NOT_FOUND : anonymous(kind);
  };
}

/** Compared by hash, so neither time nor length reveals how much was right. */
function tokenTest(token: string | undefined): (authorization: string | undefined) => boolean {
  if (token === undefined) return () => false;
  // Loaded only if a token is used: a HEALTHCHECK command that loads this package should not load it.
  const { createHash, timingSafeEqual } = process.getBuiltinModule('node:crypto');
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${token}`);
  return (authorization) => authorization !== undefined && timingSafeEqual(digest(authorization), wanted);
}
