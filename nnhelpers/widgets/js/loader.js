// What anywidget is given as a widget's script: one text, whose relative imports lead nowhere. So
// Python puts two lines before this file: MODULES, the texts of the files of this folder by name,
// and ENTRY, the one that exports the widget. Each file becomes a module at a blob: address of its
// own, with the addresses of what it imports in place of the names.
//
// Equal texts have one address, and the page keeps one module for each address: all widgets of a
// page share one copy, and after an update of the package the new texts are new modules.

const addresses = (globalThis.nnhelpersModules ??= new Map());

function addressOf(name) {
  const text = MODULES[name].replace(/ from "\.\/(.+?)"/g, (_, other) => ` from "${addressOf(other)}"`);
  if (!addresses.has(text)) {
    addresses.set(text, URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  }
  return addresses.get(text);
}

export default async () => (await import(addressOf(ENTRY))).default;
