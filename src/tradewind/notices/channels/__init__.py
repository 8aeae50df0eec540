"""The ways out of the house: mail servers, robots of groups, programs of somebody's."""
