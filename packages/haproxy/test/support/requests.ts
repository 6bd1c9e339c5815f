import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  /** The app that answered. */
  readonly version: string;
  readonly cookie: string | undefined;
}

/** One request; rejects when it is not answered in full. */
export const ask = (
  url: string,
  { agent, method = 'GET', cookie }: { agent?: Agent; method?: string; cookie?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, ...(agent ? { agent } : {}), headers: cookie ? { cookie } : {} },
      (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            version: String(response.headers['x-version'] ?? ''),
            cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
          }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(method === 'POST' ? 'body' : undefined);
  });

/** Counts what becomes of requests that clients send one after another, `pause` ms apart (default 0), until stopped. */
export function pressure(
  url: string,
  {
    clients = 16,
    method = 'GET',
    cookie,
    pause = 0,
  }: { clients?: number; method?: string; cookie?: string; pause?: number } = {},
) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const counts = { sent: 0, failed: 0, failures: [] as string[], versions: {} as Record<string, number> };
  let stopped = false;
  const fail = (why: string) => {
    counts.failed++;
    if (counts.failures.length < 5) counts.failures.push(why);
  };
  const client = async () => {
    while (!stopped) {
      counts.sent++;
      const answer = await ask(url, { agent, method, ...(cookie ? { cookie } : {}) }).catch((error: Error) =>
        fail(error.message),
      );
      if (answer && answer.status !== 200) fail(`status ${answer.status}`);
      if (answer) counts.versions[answer.version] = (counts.versions[answer.version] ?? 0) + 1;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    counts,
    async stop() {
      stopped = true;
      await running;
      agent.destroy();
      return counts;
    },
  };
}
