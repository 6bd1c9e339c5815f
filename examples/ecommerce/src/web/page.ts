/**
 * The shop's page. Its script calls the API through HAProxy, as any browser does. After a switch a page that was loaded
 * before meets the new API: it says so, and the API must still understand it.
 */
export const renderPage = ({
  version,
  notice,
}: {
  version: string;
  notice: string;
}): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The shop</title>
</head>
<body data-version="${escaped(version)}">
<h1>The shop</h1>
<p>${escaped(notice)}</p>
<ul></ul>
<p id="version">Version ${escaped(version)}</p>
<script type="module">
  const { products, version } = await (await fetch('/api/products')).json();
  for (const { name } of products)
    document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: name }));
  if (version !== document.body.dataset.version)
    document.querySelector('#version').append('. Version ' + version + ' is out: please reload this page.');
</script>
</body>
</html>
`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
