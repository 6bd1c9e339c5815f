import { type Command, LEVELS, type Level, query, type Release } from './command.ts';

/** Who answers: the part of `show info` that decides something, and the rest by HAProxy's own names. */
export interface Info {
  readonly version: string;
  readonly pid: number;
  /** Seconds since this worker began. */
  readonly uptime: number;
  /** True for the worker of before a reload, which finishes its last sessions. */
  readonly stopping: boolean;
  /** All of it: `CurrConns`, `Idle_pct`, … */
  readonly values: ReadonlyMap<string, string>;
}

/** `show info`. */
export const showInfo = (): Command<Info> => query('show info', readInfo);

function readInfo(answer: string): Info | undefined {
  const values = new Map(answer.split('\n').map(readPair));
  const pid = Number(values.get('Pid'));
  if (!Number.isInteger(pid)) return undefined;
  return {
    version: values.get('Version') ?? '',
    pid,
    uptime: Number(values.get('Uptime_sec') ?? 0),
    stopping: (values.get('Stopping') ?? '0') !== '0',
    values,
  };
}

const readPair = (line: string): [string, string] => {
  const at = line.indexOf(': ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)];
};

export interface Version {
  readonly major: number;
  readonly minor: number;
  /** As HAProxy writes it: `3.0-dev6-hash-13`, `2.6.12-1+deb12u4`. */
  readonly text: string;
}

/** `show version`. */
export const showVersion = (): Command<Version> => query('show version', readVersion);

export function readVersion(text: string): Version | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return major && minor ? { major: Number(major), minor: Number(minor), text } : undefined;
}

export const isAtLeast = ({ major, minor }: Version, wanted: Release): boolean => {
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
};

/** `show cli level`: what this socket lets us do. */
export const cliLevel = (): Command<Level> =>
  query('show cli level', (answer) => LEVELS.find((level) => level === answer));
