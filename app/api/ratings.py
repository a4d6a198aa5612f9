"""What visitors said of their conversations, for those who may read them."""

from app.api.call import Call
from app.chat.ratings import RatingList, RatingQuery, Ratings
from app.model.principals import Agent


class RatingRoutes:
    """The room `chat` decides who may."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    async def listing(self, call: Call[Agent], asked: RatingQuery) -> RatingList:
        return await self._ratings.listing(call.principal, asked)
