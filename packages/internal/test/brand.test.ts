import { describe, expect, it } from 'vitest';
import { brand } from '../src/brand.ts';

/** The class as one package bundles it. */
function copy() {
  class Fault extends Error {}
  brand(Fault, 'test.Fault');
  return Fault;
}

describe('brand', () => {
  it('makes an object of one copy an instance of the other', () => {
    const [Fault, Other] = [copy(), copy()];
    expect(new Other() instanceof Fault).toBe(true);
    expect(new (class extends Other {})() instanceof Fault).toBe(true);
  });

  it('leaves the classes of one copy apart: base, branded and unbranded subclass, sibling', () => {
    const Fault = copy();
    class Plain extends Fault {}
    class Named extends Fault {}
    brand(Named, 'test.Named');
    expect([new Plain() instanceof Fault, new Named() instanceof Fault]).toEqual([true, true]);
    expect([new Fault() instanceof Plain, new Named() instanceof Plain]).toEqual([false, false]);
    expect([new Fault() instanceof Named, new Plain() instanceof Named]).toEqual([false, false]);
    expect([new Plain() instanceof Plain, new Named() instanceof Named]).toEqual([true, true]);
  });

  it.each([undefined, null, 'text', 7, {}, Object.create(null), new Error('another')])(
    'is not in %s',
    (thing) => {
      expect((thing as unknown) instanceof copy()).toBe(false);
    },
  );

  it('adds nothing that shows', () => {
    const error = new (copy())('gone');
    expect(Object.keys(error)).toEqual([]);
    expect(Object.keys(Object.getPrototypeOf(error))).toEqual([]);
  });
});
