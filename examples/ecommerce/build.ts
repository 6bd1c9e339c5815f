import { buildImages } from './operations/image.ts';

// tsx build.ts 1.2.3: the image ecomweb-api:1.2.3, from the sources as they are
const [version] = process.argv.slice(2);
if (!version) {
  console.error('building the shop: no version given. Fix: tsx build.ts 1.2.3');
  process.exit(1);
}
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
await buildImages([{ name: `ecomweb-api:${version}`, version }], interrupt.signal);
console.log(`built ecomweb-api:${version}`);
