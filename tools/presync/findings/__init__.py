"""From what rules found to the list that is shown: lines, waivers, one finding per cause, order, exit status."""
