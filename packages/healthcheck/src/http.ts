export type { Check, CheckDetails } from './check.ts';
export { HTTP_BODY_LIMIT, type HttpCheckOptions, httpCheck } from './checks/http.ts';
