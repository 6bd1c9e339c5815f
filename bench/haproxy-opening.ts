import { type BenchStage, median, ms } from './haproxy-stage.ts';

/** Milliseconds from HAProxy's own check that makes a slot warm until it is open, read back. */
export async function opening({ haproxy, green }: BenchStage): Promise<void> {
  const server = { backend: 'app', server: 'green' };
  const late: number[] = [];
  for (let n = 0; n < 20; n++) {
    await haproxy.closeServer(server);
    await haproxy.warm(server);
    await haproxy.open(server);
    const opened = performance.timeOrigin + performance.now();
    const since = opened - (await green.state()).checkedAt;
    // Negative: one more check was made meanwhile.
    if (since > 0) late.push(since);
    await haproxy.closeServer(server);
  }
  console.log(
    `\nwarm, open: from the app's answer to HAProxy's last check to UP read back: median ${ms(median(late))}, worst ${ms(Math.max(...late))}`,
  );
}
