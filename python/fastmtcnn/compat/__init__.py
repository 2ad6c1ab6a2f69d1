"""Drop-in modules: the interfaces of other face detectors, with this package behind them."""
