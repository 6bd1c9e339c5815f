import type { Look } from './finding.ts';

/** Milliseconds for which Docker's DNS may be away: an upgrade of Docker takes tens of seconds. */
const AWAY = 60_000;
/** HAProxy's own: https://docs.haproxy.org/3.0/configuration.html#5.3.2-hold */
const DEFAULT = '30s';
const HOLDS = ['timeout', 'refused', 'other', 'nx'] as const;

const UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

/** A time as HAProxy reads it: milliseconds without a unit. */
function milliseconds(time: string): number {
  const [, count, unit] = /^(\d+)([a-z]*)$/.exec(time) ?? [];
  return Number(count) * (UNITS[unit || 'ms'] ?? Number.NaN);
}

const SECTION =
  /^\s*(?=(?:global|defaults|frontend|backend|listen|resolvers|peers|userlist|mailers|cache|ring|program|http-errors|fcgi-app|log-forward)\b)/m;

/** Docker's DNS is on 127.0.0.11 in each container, and named in its resolv.conf. */
const asksDocker = (section: string): boolean =>
  /^\s*(nameserver\s+\S+\s+(udp@)?127\.0\.0\.11:|parse-resolv-conf\b)/m.test(section);

/** Without its daemon Docker has no DNS; once it is back, it knows some names later than others. */
export const HOLD_LOOK: Look<string> = {
  code: 'short-holds',
  severity: 'warning',
  fix: 'hold timeout, refused and other 24h, hold nx 10m: checks find out when a container is gone',
  find: (config) =>
    config.split(SECTION).flatMap((section) => {
      const [, name] = /^resolvers\s+(\S+)/.exec(section) ?? [];
      if (name === undefined || !asksDocker(section)) return [];
      const short = HOLDS.flatMap((hold) => {
        const time = new RegExp(`^\\s*hold\\s+${hold}\\s+(\\S+)`, 'm').exec(section)?.[1] ?? DEFAULT;
        return milliseconds(time) < AWAY ? [`hold ${hold} ${time}`] : [];
      });
      const message = `${short.join(', ')}: a restart of the Docker engine that takes longer takes the servers away, though their containers live`;
      return short.length > 0 ? [[`resolvers ${name}`, message] as const] : [];
    }),
};
