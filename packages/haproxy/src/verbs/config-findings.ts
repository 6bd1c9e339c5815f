import type { Look } from './finding.ts';
import { HOLD_LOOK } from './hold-findings.ts';

/** Of the manual, of images and of guides. */
const KNOWN =
  /^\s*stats\s+auth\s+(admin|root|haproxy|user|admin1):(admin|admin123|admin1|password|haproxy|root|secret|user|AdMiN123|changeme)\s*$/im;

/** Findings that only the text of `haproxy.cfg` shows, without its comments. */
export const CONFIG_LOOKS: readonly Look<string>[] = [
  {
    code: 'default-credentials',
    severity: 'error',
    fix: 'generate a password, and bind the page to loopback',
    find: (config) => (KNOWN.test(config) ? [['stats auth', 'a well-known user and password']] : []),
  },
  {
    code: 'stats-admin',
    severity: 'error',
    fix: 'remove the line',
    find: (config) =>
      /^\s*stats\s+admin\b/m.test(config)
        ? [['stats admin', 'the statistics page can change servers, over HTTP']]
        : [],
  },
  {
    code: 'no-redispatch',
    severity: 'warning',
    fix: 'option redispatch',
    find: (config) =>
      /^\s*option\s+redispatch\b/m.test(config)
        ? []
        : [['defaults', 'a request whose server is gone is not sent to another server']],
  },
  HOLD_LOOK,
];
