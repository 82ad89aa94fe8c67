// jsdom has no layout, so there is nothing to scroll.
Element.prototype.scrollIntoView = () => undefined;
