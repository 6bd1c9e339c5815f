/** One process of `show proc`. */
export interface Proc {
  readonly pid: number;
  readonly type: 'master' | 'worker' | 'program';
  /** How many reloads have happened since it started. */
  readonly reloads: number;
  /** As HAProxy writes it: `0d00h00m05s`. */
  readonly uptime: string;
  readonly version: string;
  /** A worker from before a reload that still has clients. */
  readonly old: boolean;
}

/** `show proc`: a table in which a heading `# old workers` begins the workers that are stopping. */
export function readProcs(answer: string): Proc[] | undefined {
  if (!answer.startsWith('#<PID>')) return undefined;
  let old = false;
  const procs: Proc[] = [];
  for (const line of answer.split('\n').slice(1)) {
    if (line.startsWith('#')) old = line.startsWith('# old');
    const [, pid, type, reloads, uptime = '', version = ''] =
      /^(\d+)\s+(master|worker|program)\s+(\d+)(?: \[failed: \d+\])?\s+(\S+)\s*(\S*)/.exec(line) ?? [];
    if (pid)
      procs.push({
        pid: Number(pid),
        type: type as Proc['type'],
        reloads: Number(reloads),
        uptime,
        version,
        old,
      });
  }
  return procs;
}
