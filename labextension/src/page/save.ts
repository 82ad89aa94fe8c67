/** Let the browser save what is at a URL of ours. */
export function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = ''; // the server names the file
  document.body.append(link);
  link.click();
  link.remove();
}
