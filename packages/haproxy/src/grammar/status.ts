/**
 * The state of a proxy or server. `up`, `down`, `drain` (no new traffic, checks go on), `maint` (neither), `nolb` (its
 * app answered 404 to the check: finishing), `no-check` (up because nothing looks); `open`, `full`, `stop` for a frontend.
 */
export type State =
  | 'up'
  | 'down'
  | 'drain'
  | 'maint'
  | 'nolb'
  | 'no-check'
  | 'open'
  | 'full'
  | 'stop'
  | 'pause'
  | 'unknown';

/** The column `status`, taken apart. */
export interface Status {
  readonly state: State;
  /** On its way to another state: `UP 1/2` will be down after that many checks more, `DOWN 1/2` up. */
  readonly progress?: { readonly at: number; readonly of: number } | undefined;
  /** `agent`, `resolution`, or the `backend/server` that it follows. */
  readonly reason?: string | undefined;
  /** As HAProxy wrote it. */
  readonly text: string;
}

const STATES: Readonly<Record<string, State>> = {
  UP: 'up',
  DOWN: 'down',
  DRAIN: 'drain',
  MAINT: 'maint',
  NOLB: 'nolb',
  OPEN: 'open',
  FULL: 'full',
  STOP: 'stop',
  PAUSED: 'pause',
  'no check': 'no-check',
};

/** `UP`, `DOWN 1/2`, `DRAIN (agent)`, `MAINT (via b/s)`, `no check`, …; a word not known here is `unknown`. */
export function readStatus(text: string): Status {
  const [, word = '', at, of, reason] =
    /^(no check|[A-Za-z]+)(?: (\d+)\/(\d+))?(?: \((?:via )?([^)]*)\))?$/.exec(text) ?? [];
  return {
    state: STATES[word] ?? 'unknown',
    ...(at && of ? { progress: { at: Number(at), of: Number(of) } } : {}),
    ...(reason ? { reason } : {}),
    text,
  };
}

/** The column `check_status`. */
export interface CheckStatus {
  /** `L7OK`, `L4CON`, `L7STS`, … of the last check that ended. */
  readonly code: string;
  /** True when that one passed; undefined when there was none, or it says neither. */
  readonly ok: boolean | undefined;
  /** A check is under way; `code` is still the previous result. */
  readonly running: boolean;
}

/** `L7OK`, `* L4CON`, `INI`, …; undefined for an empty column: no check is configured. */
export function readCheckStatus(text: string): CheckStatus | undefined {
  if (text === '') return undefined;
  const code = text.replace(/^\* /, '');
  const undecided = code === 'UNK' || code === 'INI' || code === 'CHECKED';
  return { code, ok: undecided ? undefined : /^(L\dOK|L\dOKC|PROCOK)$/.test(code), running: code !== text };
}
