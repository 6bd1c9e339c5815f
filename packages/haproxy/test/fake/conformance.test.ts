import { conformance } from '../support/conformance.ts';
import { withFake } from '../support/with-fake.ts';

for (const [version, exact] of [
  ['2.6', '2.6.12'],
  ['3.0', '3.0.11'],
] as const) {
  conformance(`the fake ${version}`, version, async () => {
    const map = '/maps/live.map';
    const { fake, haproxy } = await withFake({ version: exact, maps: { [map]: { live: 'be_blue' } } });
    return { haproxy, address: fake.address, map };
  });
}
