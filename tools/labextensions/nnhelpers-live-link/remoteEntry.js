// Shows the cell of an address that ends with #cell-id=…, in a form that JupyterLab loads without a
// build. JupyterLab itself looks for that cell before it has read the notebook, and only finds it
// where the notebook is open already.
(() => {
  const plugin = {
    id: "nnhelpers-live-link:plugin",
    autoStart: true,
    activate(app) {
      const path = decodeURIComponent(location.pathname); // now: JupyterLab tidies its address
      let wanted = decodeURIComponent(location.hash.split("cell-id=")[1] ?? "");
      app.shell.currentChanged.connect(async (_, { newValue: panel }) => {
        if (!wanted || !panel?.context || !path.endsWith(panel.context.path)) return;
        const id = wanted;
        wanted = "";
        await panel.context.ready;
        const index = panel.content.widgets.findIndex((cell) => cell.model.id === id);
        if (index < 0) return;
        panel.content.activeCellIndex = index;
        await panel.content.scrollToItem(index, "start");
      });
    },
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["nnhelpers-live-link"] = {
    init() {},
    async get() {
      return () => ({ __esModule: true, default: [plugin] });
    },
  };
})();
