export type { Check, CheckDetails } from './check.ts';
