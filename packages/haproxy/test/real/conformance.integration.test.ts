import { conformance } from '../support/conformance.ts';
import { BLUE, MAP, onRealHaproxy } from '../support/stage.ts';

onRealHaproxy('the conformance', {}, (stage) => {
  conformance('the real one', stage.version, async () => {
    await stage.reset();
    const { haproxy } = stage;
    await haproxy.setServerWeight(BLUE, 100);
    return { haproxy, address: stage.real.socket, map: MAP };
  });
});
