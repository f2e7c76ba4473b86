// A file from the kernel, handed to the browser.

/** @param {string} name @param {string} type @param {BlobPart[]} parts */
export function saveFile(name, type, parts) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
