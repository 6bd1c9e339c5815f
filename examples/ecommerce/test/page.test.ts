import { describe, expect, it } from 'vitest';
import { renderPage } from '../src/web/page.ts';

describe('renderPage', () => {
  it('names its version, and shows the notice as text', () => {
    const html = renderPage({ version: '1.3.0', notice: '<b>"Tea" & more</b>' });
    expect(html).toContain('<p id="version">Version 1.3.0</p>');
    expect(html).toContain('<p>&#60;b&#62;&#34;Tea&#34; &#38; more&#60;/b&#62;</p>');
  });
});
