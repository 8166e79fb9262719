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

// A module that could not be read stays so at its address: it gets another one.
async function load(tries = 3) {
  try {
    return (await import(addressOf(ENTRY))).default;
  } catch (error) {
    if (tries <= 1) throw error;
    addresses.clear();
    return load(tries - 1);
  }
}

// anywidget gives a widget two seconds to load; later it delivers no message to it, for ever. On a
// busy page the modules take longer, so they are loaded when the widget is drawn.
export default {
  async render(given) {
    try {
      return await (await load()).render(given);
    } catch (error) {
      console.warn(error);
      given.el.textContent = "This figure could not be made live: run its cell again.";
    }
  },
};
