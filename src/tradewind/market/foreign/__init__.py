"""Files of other systems, read and written as they publish their layouts: vn.py's and WonderTrader's."""
