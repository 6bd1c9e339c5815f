/** Reads one dump repeatedly in a separate process, to measure its peak memory: `<csv|json> <file> <runs>`. */
import { readFileSync } from 'node:fs';
import { readStat } from '../packages/haproxy/src/commands/stat.ts';
import { median } from './haproxy-stage.ts';

const [format, file = '', runs = '20'] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');

/** Every row, and two columns of each, as a program would. */
const readCsv = () => readStat(text)?.reduce((sum, row) => sum + row.sessions + row.status.text.length, 0);
const read = format === 'csv' ? readCsv : () => (JSON.parse(text) as unknown[]).length;

const before = process.memoryUsage().rss;
const times = Array.from({ length: Number(runs) }, () => {
  const start = performance.now();
  read();
  return performance.now() - start;
});
const peak = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ time: median(times), peak: Math.max(0, peak) }));
